{{ checked_rows('aordningen', 'inntekt', duplicates=false) }}
