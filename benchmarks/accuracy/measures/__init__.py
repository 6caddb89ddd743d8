"""What a record measures of a face, against labels: head pose, smile, openness of the eyes, all inner points."""
