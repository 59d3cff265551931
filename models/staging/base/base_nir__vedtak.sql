{{ checked_rows('nir', 'vedtak') }}
