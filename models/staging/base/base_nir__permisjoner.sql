{{ checked_rows('nir', 'permisjoner', parent=ref('base_nir__deltakelser')) }}
