"""Pain self-care: triage, diary, scores, drawings, plans and a page for a clinician. Information, not diagnosis."""
