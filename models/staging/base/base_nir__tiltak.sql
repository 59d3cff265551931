{{ checked_rows('nir', 'tiltak', parent=ref('base_nir__deltakelser')) }}
