"""`planloom chat`: a conversation in the terminal. It speaks to a server over HTTP only, as any client would."""
