-- The features of a flight, for training (train.py) and for the demo (features.ts) alike.
--
-- The caller first creates two views; nothing here knows a path:
--
--   CREATE VIEW flights  AS SELECT * FROM read_parquet('…/flights-3m.parquet', file_row_number = true);
--   CREATE VIEW airports AS SELECT * FROM read_csv('…/airports.csv');
--
-- `flights` may be limited to a window of `date`. A take-off is then complete if the window
-- begins at least 26 hours before it: 10 h (furthest zone) + 11.6 h (longest flight) + 3 h + one board.
--
-- No leakage: a flight sees only flights that landed strictly before its own take-off. Landings are
-- counted on a board that is redrawn every ten minutes; a take-off reads the last board drawn.
-- (Counting to the minute takes almost four times as long.)

CREATE OR REPLACE VIEW flight_features AS
WITH
-- Offset from UTC, guessed from the longitude; where the summer clock of 2001 was not used, no shift.
zones AS (
  SELECT
    iata,
    (row_number() OVER (ORDER BY iata))::INTEGER AS airport,
    CASE
      WHEN longitude > -67.5 THEN -4
      WHEN longitude > -86.4 THEN -5
      WHEN longitude > -102.5 THEN -6
      WHEN longitude > -114.8 THEN -7
      WHEN longitude > -130 THEN -8
      WHEN latitude < 25 THEN -10
      ELSE -9
    END AS utc_offset,
    state NOT IN ('AZ', 'HI', 'IN', 'PR', 'VI') AS summer_time
  FROM airports
),
-- `date` is the actual local departure, `delay` the delay on arrival in minutes.
departures AS (
  SELECT
    f.*,
    o.airport AS origin_airport,
    d.airport AS destination_airport,
    epoch_ms(f.date) - 3600000 * (o.utc_offset
      + (o.summer_time AND f.date >= TIMESTAMP '2001-04-01 02:00:00')::INTEGER) AS departed_at
  FROM flights f
  JOIN zones o ON o.iata = f.origin
  JOIN zones d ON d.iata = f.destination
  WHERE f.delay BETWEEN -120 AND 1440          -- beyond that the clock was wrong, not the flight
    AND f.date < TIMESTAMP '2001-07-01'        -- six stray rows
),
-- The data has no landing time: 30 minutes for taxi, climb and approach, the rest at 7.5 miles a minute.
trips AS (
  SELECT
    *,
    departed_at + 1800000 + round(distance / 7.5 * 60000)::BIGINT AS landed_at,
    (departed_at // 600000)::INTEGER AS board,
    ((departed_at + 1800000 + round(distance / 7.5 * 60000)::BIGINT) // 600000 + 1)::INTEGER AS landed_board,
    delay > 15 AS late
  FROM departures
),
-- A landing is news at both ends: at the airport it reached and at the one it came from.
landings AS (
  SELECT airport, board, count(*)::INTEGER AS landed, count(*) FILTER (late)::INTEGER AS late
  FROM (
    SELECT origin_airport AS airport, landed_board AS board, late FROM trips
    UNION ALL
    SELECT destination_airport, landed_board, late FROM trips
  )
  GROUP BY ALL
),
-- A sweep along the boards: a landing enters, and leaves again three hours (18 boards) later.
changes AS (
  SELECT airport, board, sum(landed)::INTEGER AS landed, sum(late)::INTEGER AS late
  FROM (
    SELECT airport, board, landed, late FROM landings
    UNION ALL
    SELECT airport, board + 18, -landed, -late FROM landings
    UNION ALL
    SELECT DISTINCT origin_airport, board, 0, 0 FROM trips
  )
  GROUP BY ALL
),
boards AS (
  SELECT airport, board, sum(landed) OVER past AS landed, sum(late) OVER past AS late
  FROM changes
  WINDOW past AS (PARTITION BY airport ORDER BY board ROWS UNBOUNDED PRECEDING)
)
SELECT
  format('f{:07d}', t.file_row_number) AS flight_id,        -- the row in the file: stable
  t.departed_at,                                             -- ms since 1970, UTC, about
  t.landed_at,                                               -- ms since 1970, UTC, about
  t.origin,
  t.destination,
  hour(t.date)::INTEGER AS hour,                             -- local, 0 to 23
  dayofweek(t.date)::INTEGER AS weekday,                     -- 0 is Sunday
  t.distance::FLOAT AS distance,                             -- miles
  (b.late / nullif(b.landed, 0))::FLOAT AS origin_late_3h,   -- 0 to 1; NULL: nothing landed
  t.late,                                                    -- the label: more than 15 minutes late
  t.delay                                                    -- minutes; known only after landing
FROM trips t
JOIN boards b ON b.airport = t.origin_airport AND b.board = t.board;
