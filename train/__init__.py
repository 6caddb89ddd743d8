"""Training of the face detector and the landmarker with Keras 3, on any of its backends.

Where to look, from the command line down:

- commands: `__main__`, `backend` (Keras set up before it is imported), `errors`, `smoke` (everything, on generated
  faces);
- landmarker: `run_landmarks` (from packs to a run folder), `landmarks` (batches, loss, scores), `tones` (how light a
  face is), `losses`; from a user's own labels: `finetune`, `anchor` (what is not labelled stays), `point_chart` (a
  picture of the points to label);
- detector: `run_detector`, `detector` (batches, loss, scores), `assign` (which cell learns which face), `boxes`,
  `mosaic` (canvases), `moves` (a scene's place on one), `covers` (what comes before a face there), `strangers` (who
  is put beside it), `scenes`; `threshold` (the score from which a face counts), `gate` (which signs of a small face
  get a closer look);
- both: `fit` (the loop), `checkpoint`, `curves`, `loader` (batches in threads), `augment`, `weights` (`.keras` and
  `.h5`), `networks` (one a file);
- data: `datasets` (a reader a format), `crops` (faces cut once and kept), `negatives`, `mine` (what a detector takes
  for faces), `turn` (heads turned aside and bent: `turning` one head, with meshes by `mesh_worker` in the
  environment of `mediapipe_setup`), `heads` (what the trainings make of them), `teach` (what a trained
  landmarker says of crops), `cartoon` (generated faces);
- scores: `metrics`, `evaluate` (the shipped files through the runtime), `pictures` (the worst faces);
- networks side by side: `compare`.
"""
