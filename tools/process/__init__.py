"""Team processes: events with steps from templates, who does what until when, and what holds up what."""
