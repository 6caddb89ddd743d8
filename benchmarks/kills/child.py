"""`smile-edge` with parts of so many images: `python -m benchmarks.kills.child IMAGES WORD...`.

Parts of 5,000 would seldom become whole between two kills.
"""

import sys

import smile_edge.sinks.parquet.sink
from smile_edge.__main__ import main

if __name__ == "__main__":
    smile_edge.sinks.parquet.sink.IMAGES_A_PART = int(sys.argv.pop(1))
    main()
