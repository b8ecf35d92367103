"""Prepares a set of tensorflow-datasets as array_record: `make data DATASET=mnist`.

Runs in an environment of its own (requirements-data.txt), for only preparing needs TensorFlow. The set goes to
TFDS_DATA_DIR, else ~/tensorflow_datasets; what is prepared already is left alone.
"""

import argparse
import os
import re
import sys

from vib.errors import guess  # of vib this alone needs no jax, which that environment lacks

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def main():
    parser = argparse.ArgumentParser("python -m experiments.prepare", description=__doc__.splitlines()[0])
    parser.add_argument("dataset", help="a name of tensorflow-datasets: mnist, fashion_mnist, emnist/letters, ...")
    parser.add_argument("--dir", help="where it goes; default TFDS_DATA_DIR, else ~/tensorflow_datasets")
    arguments = parser.parse_args()
    import tensorflow_datasets as tfds

    base, known = re.split("[/:]", arguments.dataset)[0], tfds.list_builders(with_community_datasets=False)
    if base not in known:
        near = guess(base, known, "see tensorflow.org/datasets/catalog")
        fail(f"no set '{base}' in tensorflow-datasets; {near}")
    try:
        builder = tfds.builder(arguments.dataset, data_dir=arguments.dir, file_format="array_record")
        builder.download_and_prepare()
    except KeyboardInterrupt:
        print("stopped; run the same command again", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        reason = str(error).strip().split("\n")[0]
        fail(f"cannot prepare '{arguments.dataset}': {type(error).__name__}: {reason}")
    print(f"{builder.info.full_name} is prepared in {builder.data_path}")


def fail(message):
    """As cli.fail, whose imports this environment lacks."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
