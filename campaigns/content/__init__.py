"""What a message says: blocks, merge fields, and their compilation into bytes. Pure, no database.

Read in this order: `blocks` (what an author makes), `merge_fields` and `template_language` (what
varies by person), `compiler` (authoring to `CompiledMessage`), `message` (one person's bytes).
"""
