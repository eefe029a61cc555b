"""Flat icons of this project on a grid of 24: strokes, and after a bar the filled path."""

ICONS = {
    "client": "M12 4.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7zM5 19.5c0-4 3-6 7-6s7 2 7 6z",
    "dns": "M12 4a8 8 0 1 1 0 16a8 8 0 1 1 0-16zM4 12h16M12 4c-5 5-5 11 0 16c5-5 5-11 0-16z",
    "gateway": "M8 5H4.5v14H8M16 5h3.5v14H16M7.5 12h9M13.5 9l3 3l-3 3",
    "link": "M10 14a3.5 3.5 0 0 0 5 0l3.5-3.5a3.5 3.5 0 0 0-5-5L12 7"
    "M14 10a3.5 3.5 0 0 0-5 0l-3.5 3.5a3.5 3.5 0 0 0 5 5L12 17",
    "balancer": "M7.5 12H17M7.5 12L16 6.5M7.5 12L16 17.5"
    "|M5.5 9.5a2.5 2.5 0 1 1 0 5a2.5 2.5 0 1 1 0-5z"
    "M18 4a2 2 0 1 1 0 4a2 2 0 1 1 0-4zM18.5 10a2 2 0 1 1 0 4a2 2 0 1 1 0-4z"
    "M18 16a2 2 0 1 1 0 4a2 2 0 1 1 0-4z",
    "service": "M12 3.5l7.5 4.25v8.5L12 20.5l-7.5-4.25v-8.5zM4.5 7.75L12 12l7.5-4.25M12 12v8.5",
    "function": "M6 5h3l7 14h3M11 10l-5 9",
    "server": "M4.5 5h15v6h-15zM4.5 13h15v6h-15zM8 8h1M8 16h1",
    "database": "M5 6.5c0-3.3 14-3.3 14 0v11c0 3.3-14 3.3-14 0z"
    "M5 6.5c0 3.3 14 3.3 14 0M5 12c0 3.3 14 3.3 14 0",
    "table": "M4.5 5h15v14h-15zM4.5 9.5h15M4.5 14.25h15M10 9.5V19",
    "bucket": "M4.5 6.5h15l-2 13h-11zM4.5 6.5c0-2 15-2 15 0",
    "queue": "M4 8h4v8H4zM10 8h4v8h-4zM16 8h4v8h-4z",
    "nat": "M13 4.5H5v15h8M9.5 12H20M16.5 8.5L20 12l-3.5 3.5",
    "internet": "M7 18.5a4 4 0 0 1 0-8a5.5 5.5 0 0 1 10.5 0a4 4 0 0 1 0 8z",
    "endpoint": "M9 4v4M15 4v4M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0zM12 17v3.5",
    "secret": "M8 9a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7zM11.5 12.5H20v3.5M16.5 12.5V15",
    "repository": "M12 4l8 4l-8 4l-8-4zM4 12l8 4l8-4M4 16l8 4l8-4",
    "certificate": "M12 4a5 5 0 1 1 0 10a5 5 0 1 1 0-10zM9 13.5V20l3-2l3 2v-6.5",
    "dashboard": "M4.5 19.5h15M7 16.5V11M12 16.5V5.5M17 16.5V8.5",
    "topic": "M5 10v4h3l8 4.5v-13L8 10zM19 10v4",
    "shield": "M12 3.5l7 2.5v5.5c0 4.5-3 7.5-7 9c-4-1.5-7-4.5-7-9V6z",
    "resource": "M5.5 5.5h13v13h-13z",
    "log": "M6 3.5h12v17H6zM9 8.5h6M9 12h6M9 15.5h4",
    "alarm": "M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 1.5H5zM10.5 20.5h3",
}


def icon(name: str) -> tuple[str, str]:
    """Return the stroked and the filled path of an icon."""
    stroked, _, filled = ICONS[name].partition("|")
    return stroked, filled
