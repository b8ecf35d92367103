"""Sets of tensorflow-datasets written without TensorFlow."""

import io
import json

FEATURE = "tensorflow_datasets.core.features."
TEMPLATE = "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"
LABEL = {"label": (3, lambda split, i: i % 3)}
HIDDEN = {"label": (3, lambda split, i: -1 if split == "test" else i % 3)}


def write_set(folder, splits, name="tiny", labels=LABEL, form="array_record"):
    """Writes {split: uint8 [N, H, W, C]} as a prepared set of version 1.2.0, and returns its folder.

    labels: {feature: (classes, (split, i) -> the label of the i-th example)}.
    """
    place = folder / name / "1.2.0"
    place.mkdir(parents=True)
    infos = [write_split(place / f"{name}-{split}", split, x, labels) for split, x in splits.items()]
    info = {"name": name, "version": "1.2.0", "fileFormat": form, "splits": infos}
    if "label" in labels:
        info["supervisedKeys"] = {"tuple": {"items": [{"featureKey": "image"}, {"featureKey": "label"}]}}
    (place / "dataset_info.json").write_text(json.dumps(info))
    shape = {"dimensions": [str(d) for d in next(iter(splits.values())).shape[1:]]}
    image = {"image": {"dtype": "uint8", "shape": shape}, "pythonClassName": f"{FEATURE}image_feature.Image"}
    features = {"image": image} | {
        label: {
            "classLabel": {"numClasses": str(classes)},
            "pythonClassName": f"{FEATURE}class_label_feature.ClassLabel",
        }
        for label, (classes, _) in labels.items()
    }
    described = {"featuresDict": {"features": features}, "pythonClassName": f"{FEATURE}features_dict.FeaturesDict"}
    (place / "features.json").write_text(json.dumps(described))
    return place


def write_split(path, split, x, labels):
    """Writes one split into one shard, and returns what dataset_info.json says of it."""
    from array_record.python.array_record_module import ArrayRecordWriter
    from PIL import Image
    from tensorflow_datasets.proto import tf_example_pb2

    writer, size = ArrayRecordWriter(f"{path}.array_record-00000-of-00001", "group_size:1"), 0
    for i, image in enumerate(x):
        png = io.BytesIO()
        Image.fromarray(image.squeeze()).save(png, "PNG")
        example = tf_example_pb2.Example()
        example.features.feature["image"].bytes_list.value.append(png.getvalue())
        for label, (_, value) in labels.items():
            example.features.feature[label].int64_list.value.append(int(value(split, i)))
        writer.write(example.SerializeToString())
        size += len(png.getvalue())
    writer.close()
    return {"name": split, "shardLengths": [str(len(x))], "numBytes": str(size), "filepathTemplate": TEMPLATE}
