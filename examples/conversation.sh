#!/usr/bin/env bash
# The README's conversation by curl: a plan, an edit that asks for approval, the approval, and undo.
# Usage: examples/conversation.sh [URL]
set -euo pipefail
URL=${1:-http://127.0.0.1:2024}

THREAD=$(curl -sf "$URL/threads" -d '{}' | sed 's/.*"thread_id":"\([^"]*\)".*/\1/')

say() { # one turn: prints the agent's own events as they come
  curl -sfN "$URL/threads/$THREAD/runs/stream" -d "{\"assistant_id\": \"coach\", \"stream_mode\": \"custom\", $1}"
}

say '"input": {"messages": [{"role": "user", "content": "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"}]}'
say '"input": {"messages": [{"role": "user", "content": "move Tuesday'"'"'s tempo in week 3 to Wednesday and make the long run 2 km longer"}]}'
curl -sf "$URL/threads/$THREAD/state"                              # "next": ["approve"], and what is asked in "interrupts"
say '"command": {"resume": {"decisions": [{"type": "approve"}]}}'
say '"input": {"messages": [{"role": "user", "content": "undo that"}]}'
