"""Every statement of the room: `settle` writes, `rows` reads meta, `counts` reads columns."""
