select
    country_code,
    label_nb,
    label_en
from {{ ref('countries') }}
