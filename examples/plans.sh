#!/usr/bin/env bash
# The README's section "Plans" by curl: a change approved in part, a conflict settled, compare, undo, restore.
# Usage: examples/plans.sh [URL]
set -euo pipefail
URL=${1:-http://127.0.0.1:2024}

THREAD=$(curl -sf "$URL/threads" -d '{}' | sed 's/.*"thread_id":"\([^"]*\)".*/\1/')
run() { curl -sf "$URL/threads/$THREAD/runs/wait" -d "{\"assistant_id\": \"coach\", $1}" >/dev/null; }
say() { run "\"input\": {\"messages\": [{\"role\": \"user\", \"content\": \"$1\"}]}"; }
show() { curl -sf -w '\n' "$@"; }
decide() { run "\"command\": {\"resume\": {\"decisions\": [$1]}}"; }

say "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"
PLAN=$(curl -sf "$URL/threads/$THREAD/plan" | sed 's/.*"plan_id":"\([^"]*\)".*/\1/')
say "move the tempo in week 3 to Wednesday, make the long run 2 km longer and the easy run on Thursday 1 km longer"
show "$URL/threads/$THREAD/state"      # what is asked: each of "changes" has a "change_id"

# meanwhile somebody sets the long run to 14.5 km; so the approval is not carried out, but asked anew with the conflict
show -X PATCH "$URL/plans/$PLAN" -H 'If-Match: *' -d '{"ops": [{"op": "update_item", "id": "w3-long", "set": {"km": 14.5}}]}'
decide '{"type": "approve"}'
show "$URL/threads/$THREAD/state"      # "conflicts" has base, ours and theirs for each field

decide '{"type": "approve", "reject": ["/items/w3-tempo/data/date"], "resolutions": {"/items/w3-long/data/km": "ours"}}'
show "$URL/plans/$PLAN/diff?from=1&to=3&format=terminal"
show -X POST "$URL/plans/$PLAN/undo" -d '{"version": 3}'
show -X POST "$URL/plans/$PLAN/restore" -d '{"version": 3}'
show "$URL/plans/$PLAN/versions"
