"""Other ways in: each protocol is a face on the same services, so none starts, authorises or streams a run its own way."""
