"""The one table of limits: every size that a user's input or a lead's row may reach. Sources: contract, sections 2 and 3."""

from __future__ import annotations

from typing import Final

# The wire (contract, section 2)
EVENT_BYTES_MAX: Final = 64 * 1024
JSON_DEPTH_MAX: Final = 256
PROFILE_BYTES_MAX: Final = 4 * 1024
PROFILE_VALUE_CHARS_MAX: Final = 256
LEAD_ID_CHARS_MAX: Final = 256
EVENT_ID_CHARS_MAX: Final = 128
FUTURE_MS_MAX: Final = 5 * 60 * 1000
REJECTED_KEY_BYTES_MAX: Final = 64 * 1024
REJECTED_VALUE_BYTES_MAX: Final = 64 * 1024
REJECT_DETAIL_CHARS_MAX: Final = 300
FORWARDED_FROM_BYTES_MAX: Final = 300  # Kafka's topic names have at most 249
FORWARDED_HEADERS_BYTES_MAX: Final = 256 * 1024  # with the largest value still below the 512 KiB that every topic must take

# A lead's row (contract, section 3, "Bounds")
ROW_BYTES_MAX: Final = 4 * 1024
REMEMBERED_IDS_MAX: Final = 256
COUNT_MAX: Final = 256
COUNT_DISTINCT_MAX: Final = 128
SAME_VALUES_MAX: Final = 32
LIVE_EARNINGS_MAX: Final = 128
TIMED_SKIP_OR_LIMIT_MAX: Final = 128
LIMIT_PERIODS_MAX: Final = 8
ONCE_PER_VALUES_MAX: Final = 128
STEP_TIMES_MAX: Final = 16
CATEGORIES_MAX: Final = 32
EVIDENCE_REFS_MAX: Final = 10
EVIDENCE_BYTES_MAX: Final = 1024
VALUE_CHARS_MAX: Final = 128
LATENESS_MS: Final = 7 * 86_400_000
ERASURE_MS: Final = 30 * 86_400_000

# A line of `streamer score`: a value beyond EVENT_BYTES_MAX is a rejected record, not a bad line
LINE_BYTES_MAX: Final = 16 * 1024 * 1024

# A scoring model file
MODEL_BYTES_MAX: Final = 256 * 1024
MODEL_DEPTH_MAX: Final = 16
MODEL_NODES_MAX: Final = 50_000
VERSION_CHARS_MAX: Final = 200
FIELD_CHARS_MAX: Final = 100
NUMBER_MAX: Final = 2**53 - 1
TIMES_MAX: Final = 1_000_000
RULES_MAX: Final = 500
SCORES_MAX: Final = 32
THRESHOLDS_MAX: Final = 100
STAGES_MAX: Final = 32
CONDITIONS_MAX: Final = 8
ID_CHARS_MAX: Final = 100
PATTERN_CHARS_MAX: Final = 200
ANY_OF_MAX: Final = 1000
FORMULA_CHARS_MAX: Final = 1000
FORMULA_DEPTH_MAX: Final = 32
FORMULA_OPERATIONS_MAX: Final = 100
POINTS_MAX: Final = 1_000_000
DURATION_MS_MAX: Final = 3650 * 86_400_000

# Settings: Kafka's topic names have at most 249 characters; prefix, app and the longest suffix fit together
APP_CHARS_MAX: Final = 100
TOPIC_PREFIX_CHARS_MAX: Final = 100
PARTITIONS_MAX: Final = 10_000

# The read side: what is kept of each lead and alert beyond its newest state, and what one question may ask for
SEARCH_WORDS_MAX: Final = 12
SEARCH_WORD_CHARS_MAX: Final = 64
QUERY_CHARS_MAX: Final = 256
PAGE_MAX: Final = 200
HISTORY_POINTS_MAX: Final = 50
ALERT_HISTORY_MAX: Final = 50
ALERTS_KEPT_MAX: Final = 100_000
NEWS_KEPT_MAX: Final = 1_000
FILTER_VALUES_MAX: Final = 100
WATCHERS_MAX: Final = 1_000
# Notifications: what is remembered of those sent, what may wait at once, and how long a message may be
NOTIFIED_MS: Final = 30 * 86_400_000
NOTIFICATIONS_WAITING_MAX: Final = 50_000
NOTIFICATION_CHARS_MAX: Final = 3000
NOTIFICATION_VALUE_CHARS_MAX: Final = 500
TEMPLATE_CHARS_MAX: Final = 2000
ROUTES_BYTES_MAX: Final = 256 * 1024
ROUTES_MAX: Final = 200
CHANNELS_MAX: Final = 50
URL_CHARS_MAX: Final = 2000
SECRET_CHARS_MAX: Final = 4096
MANAGERS_MAX: Final = 1000
ANSWER_BYTES_MAX: Final = 4096

# What the engine remembers of the values of events, beside the rows
SELECTIONS_MAX: Final = 4096
SELECTING_CHARS_MAX: Final = 256
