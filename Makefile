# make sweep: the main job. make test: the suite. make quick: its tests that take less than a second each.
# make data DATASET=mnist: prepare an image set from the internet.
PYTHON ?= python3
DATASET ?= mnist

.PHONY: sweep test quick data
sweep: .venv/ready
	.venv/bin/python -m experiments.sweep --config=configs/digits_vib.py

test: .venv/ready
	.venv/bin/python -m pytest -n 2 --dist worksteal

quick: .venv/ready
	.venv/bin/python -m pytest -n 2 --dist worksteal --quick

data: .venv-data/ready
	.venv-data/bin/python -m experiments.prepare $(DATASET)

.venv/ready: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

# TensorFlow prepares image sets and nothing else, so it stays out of the main environment.
.venv-data/ready: requirements-data.txt
	$(PYTHON) -m venv .venv-data
	.venv-data/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-data.txt
	touch $@
