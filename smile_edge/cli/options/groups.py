"""Which group of a help page each option stands in."""

__all__ = ["GROUPS", "OTHER", "group_of"]

GROUPS = {
    "Input": [
        "shell",
        "inputs",
        "source",
        "paths",
        "recursive",
        "list",
        "listed",
        "shard",
        "camera_mode",
        "mirror",
        "fps",
        "frames",
        "reconnect",
        "max_pixels",
        "config",
    ],
    "Models": [
        "models",
        "provider",
        "precision",
        "threads",
        "batch",
        "workers",
        "ray",
        "timeout",
        "fast",
        "tiles",
        "require_gpu",
    ],
    "Tracking": [
        "max_faces",
        "min_score",
        "min_size",
        "roi",
        "detect_every",
        "smooth",
        "no_smooth",
        "hfov",
        "expression",
    ],
    "Output": [
        "show",
        "jsonl",
        "csv",
        "parquet",
        "coco",
        "video",
        "contact_sheet",
        "annotate",
        "crops",
        "crop_size",
        "crop_template",
        "draw",
        "hide",
        "hide_min_score",
        "overwrite",
        "resume",
        "retry_errors",
        "as_json",
        "port",
        "host",
        "picture",
    ],
    "Live": ["udp", "osc", "vmc", "openseeface", "face", "virtual_camera", "max_clients", "allow_host"],
}
"""Parameters of the commands by group, in the order of a page."""

OTHER = "Other"


def group_of(parameter: str) -> str:
    """The group of a parameter; `Other` for those that every command has, such as `--help`."""
    return next((group for group, names in GROUPS.items() if parameter in names), OTHER)
