{{ checked_rows('nir', 'fravaer', parent=ref('base_nir__deltakelser')) }}
