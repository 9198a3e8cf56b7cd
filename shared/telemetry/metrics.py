"""Every metric of the platform, in one place: read this file to know what can be watched."""

from prometheus_client import Counter, Gauge, Histogram

HTTP_SECONDS = Histogram(
    "credit_http_request_seconds",
    "Time to answer a request, by route template (never by path: paths carry ids).",
    ["method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
MESSAGES = Counter("credit_messages_total", "Messages settled: done, retried or parked.", ["type", "outcome"])
QUEUES_REPLACED = Counter("credit_queues_replaced_total", "Queues that answered nobody and were made anew.")
READY = Gauge("credit_ready", "Whether what the process leans on can be used: asked anew at every scrape.", ["check"])
FILES = Counter("credit_files_total", "Workbooks read by a worker.", ["outcome"])
FILE_SECONDS = Histogram(
    "credit_file_seconds",
    "From taking a workbook in hand to its last batch confirmed.",
    ["lane"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
ROWS = Counter("credit_rows_total", "Rows checked or stored.", ["stage", "outcome"])
UPLOADS = Counter("credit_uploads_total", "Uploads that reached a final state.", ["state"])
APPLY_SECONDS = Histogram(
    "credit_apply_seconds",
    "The one transaction that turns a ledger into records.",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
REPUBLISHED = Counter("credit_uploads_republished_total", "Uploads the sweep put back on the queue.")
UNFINISHED_SECONDS = Gauge(
    "credit_oldest_unfinished_upload_seconds", "Age of the oldest upload that has not ended; 0 without one."
)
LIVE_CLIENTS = Gauge("credit_live_clients", "Browsers listening to live events.")
SIGN_INS = Counter("credit_sign_ins_total", "Attempts to sign in.", ["outcome"])
UNTRUSTED_FORWARDS = Counter(
    "credit_untrusted_forwards_total", "Requests whose X-Forwarded-For came from a peer that is no trusted proxy."
)
