{{ config(meta={'pieces': {
    'by': 'delivered', 'versions': 'income_delivery_versions',
    'of': {'aordningen.inntekt': ['delivered']},
    'comes_in_order': true,
}}) }}

{{ checked_rows('aordningen', 'inntekt', duplicates=false) }}
