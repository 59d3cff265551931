{{ checked_rows('aordningen', 'virksomheter') }}
