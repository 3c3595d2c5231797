"""Every statement of the issues room: `settle` writes, `rows` reads meta, `counts` reads columns."""
