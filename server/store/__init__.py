"""The long-term store: items that outlive threads, found by namespace, content or meaning. Graphs have the same one."""
