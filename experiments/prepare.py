"""Prepares a set of tensorflow-datasets as array_record: `make data DATASET=mnist`.

Runs in an environment of its own (requirements-data.txt), for only preparing needs TensorFlow. The set goes to
TFDS_DATA_DIR, else ~/tensorflow_datasets; what is prepared already is left alone.
"""

import argparse
import difflib
import os
import re
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def main():
    parser = argparse.ArgumentParser("python -m experiments.prepare", description=__doc__.splitlines()[0])
    parser.add_argument("dataset", help="a name of tensorflow-datasets: mnist, fashion_mnist, emnist/letters, ...")
    parser.add_argument("--dir", help="where it goes; default TFDS_DATA_DIR, else ~/tensorflow_datasets")
    arguments = parser.parse_args()
    import tensorflow_datasets as tfds

    base, known = re.split("[/:]", arguments.dataset)[0], tfds.list_builders(with_community_datasets=False)
    if base not in known:
        near = difflib.get_close_matches(base, known, n=1)
        guess = f"did you mean '{near[0]}'?" if near else "see tensorflow.org/datasets/catalog"
        sys.exit(f"no set '{base}' in tensorflow-datasets; {guess}")
    try:
        builder = tfds.builder(arguments.dataset, data_dir=arguments.dir, file_format="array_record")
        builder.download_and_prepare()
    except KeyboardInterrupt:
        sys.exit("stopped; run the same command again")
    except Exception as error:
        reason = str(error).strip().split("\n")[0]
        sys.exit(f"cannot prepare '{arguments.dataset}': {type(error).__name__}: {reason}")
    print(f"{builder.info.full_name} is prepared in {builder.data_path}")


if __name__ == "__main__":
    main()
