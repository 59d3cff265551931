{{ checked_rows('kostra', '11b', unreadable='line_content is not null') }}
