-- IMDi's direct result: one exit at most for each person and period; reasons that are not
-- registered or not known stay in the denominator.
{{ counted_cube(
    ref('stat_base_persons'),
    'exits',
    ['sex', 'termination_group'],
    percent_over='termination_group',
    where='termination_group is not null',
) }}
