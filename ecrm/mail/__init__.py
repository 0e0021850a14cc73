"""Mail transport: how a finished message leaves, and how we learn what became of it."""
