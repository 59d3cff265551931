"""What a municipality gets to see of its own registrations: one workbook each."""
