{{ checked_rows('nir', 'deltakelser') }}
