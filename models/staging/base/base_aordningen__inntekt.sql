{{ config(meta={'pieces': {
    'by': 'delivered', 'versions': 'income_delivery_versions',
    'of': {'aordningen.inntekt': ['delivered']},
}}) }}

{{ checked_rows('aordningen', 'inntekt', duplicates=false) }}
