-- The same exits as in stat_direct_result_7, by whether they went to work or to education beyond
-- grunnskole.
{{ counted_cube(
    ref('stat_base_persons'),
    'exits',
    ['sex', 'result_group'],
    percent_over='result_group',
    where='result_group is not null',
) }}
