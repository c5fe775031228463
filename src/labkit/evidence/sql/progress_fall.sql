-- question: How did the project's progress move from snapshot to snapshot?
-- tables: progress
-- grain: one row a snapshot
-- column: time_utc TIMESTAMP [UTC] when the snapshot was taken
-- column: planned_milestones BIGINT [milestone] milestones the plan has by then
-- column: completed_milestones BIGINT [milestone] milestones that are complete
-- column: change BIGINT [milestone] against the snapshot before; NULL for the first
-- column: change_ratio DOUBLE [1] change / milestones complete in the snapshot before; NULL where there were none
-- column: peak BIGINT [milestone] most that were complete in any snapshot so far
-- column: fall_from_peak DOUBLE [1] (peak - complete) / peak: 0.15 is a fall by 15 per cent; NULL where the peak is 0
-- column: note VARCHAR why it changed
SELECT time_utc, planned_milestones, completed_milestones,
       completed_milestones - lag(completed_milestones) OVER in_time AS change,
       (completed_milestones - lag(completed_milestones) OVER in_time)
           / nullif(lag(completed_milestones) OVER in_time, 0) AS change_ratio,
       max(completed_milestones) OVER in_time AS peak,
       (max(completed_milestones) OVER in_time - completed_milestones)
           / nullif(max(completed_milestones) OVER in_time, 0) AS fall_from_peak,
       note
FROM progress
WINDOW in_time AS (ORDER BY time_utc, planned_milestones, completed_milestones, note)
ORDER BY time_utc, planned_milestones, completed_milestones, note
