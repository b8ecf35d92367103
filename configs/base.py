"""Every field of a run, with its unit and its default; the other configs start from here and say what differs.

A field whose default is None (a placeholder) is chosen from the data or the machine. Any field can be set on the
command line: --config.model.latent=32 --config.sweep.betas='(1e-3,1e-2)'.
"""

from ml_collections import ConfigDict
from ml_collections.config_dict import placeholder


def get_config():
    config = ConfigDict()

    config.data = ConfigDict()
    # digits, sprites, szt, gaussian, discrete, arrays, features (of another run), or a set of tensorflow-datasets
    config.data.name = "digits"
    config.data.dir = placeholder(str)  # folder of prepared tensorflow-datasets; default $TFDS_DATA_DIR
    config.data.path = placeholder(str)  # arrays: an .npz with x_train, y_train, x_test, y_test
    config.data.first_workdir = placeholder(str)  # features: the run whose member makes them, its beta and seed
    config.data.first_beta = placeholder(float)
    config.data.first_seed = placeholder(int)
    config.data.seed = placeholder(int)  # of the split, the samples and the corruptions
    config.data.test_fraction = placeholder(float)  # digits, szt: share held out; szt: 0 tests on all patterns
    # leave this class out of both splits, by number or name: experiments.latent looks for it
    config.data.held_out = placeholder(object)
    config.data.train_size = placeholder(int)  # train on this many examples only
    config.data.label_noise = placeholder(float)  # share of training labels made random
    config.data.binarize = placeholder(bool)  # one fixed Bernoulli draw for every pixel
    config.data.low = placeholder(float)  # pixels are scaled to [low, high]
    config.data.high = placeholder(float)
    config.data.covariance = placeholder(tuple)  # gaussian: rows of the covariance of (X, Y)
    config.data.dim_x = placeholder(int)  # gaussian: how many of its dimensions are X
    config.data.joint = placeholder(tuple)  # discrete: rows of p(x, y)
    config.data.samples_train = placeholder(int)  # sprites, dsprites, shapes3d, gaussian, discrete: examples drawn
    config.data.samples_test = placeholder(int)
    config.data.size = placeholder(int)  # sprites: pixels across
    config.data.grey = placeholder(bool)  # sprites: white ones, without the factor hue
    config.data.grid = placeholder(tuple)  # sprites: of each factor its values, or how many

    config.model = ConfigDict()
    config.model.kind = "vib"  # vib, vae, classifier, autoencoder, or flexible: all betas from one training
    config.model.architecture = "mlp"  # mlp or conv
    config.model.channels = (32, 64)  # conv: of the encoder's convolutions, each of stride 2; the decoder mirrors them
    config.model.widths = (64, 64)  # hidden units of the encoder
    config.model.decoder_widths = ()  # hidden units of the decoder; () is linear
    config.model.latent = 16  # dimensions of z; None (classifier, autoencoder): z is the last hidden layer
    config.model.activation = "relu"
    # of the hidden layers of MLPs, not of convolutions: glorot_uniform, lecun_normal, he_normal, fan_out_normal
    config.model.initialisation = "glorot_uniform"
    config.model.noise_std = 0.0  # of noise added to every hidden layer of a classifier without latent
    config.model.code = "gaussian"  # q(z|x); or categorical: q(t|x) over `latent` symbols, for kind vib
    config.model.std_shift = -5.0  # std = softplus(rho + std_shift)
    config.model.std = placeholder(float)  # std of q(z|x) at every input; default learned
    # r(z): standard_normal, learned_normal, mixture, vampprior, class_conditional, pairwise or categorical
    config.model.marginal = "standard_normal"
    config.model.components = 50  # Gaussians of a mixture, pseudo-inputs of a vampprior
    config.model.conditioned = False  # one model of all betas, which has log beta for an input
    config.model.likelihood = placeholder(
        str
    )  # categorical, gaussian, full_gaussian, bernoulli, logistic; default by the target
    config.model.dtype = "float32"  # of matrix products; bfloat16 for accelerators

    config.sweep = ConfigDict()
    config.sweep.betas = (1e-3, 1e-2, 1e-1)  # weights of the rate, >= 0
    config.sweep.target_rates = placeholder(tuple)  # nats; chooses the betas instead, for a convex u and known labels
    config.sweep.seeds = (0, 1, 2, 3, 4)
    config.sweep.chunk = placeholder(int)  # betas trained at once; default as many as fit the memory

    config.train = ConfigDict()
    config.train.steps = 1000  # updates
    config.train.batch_size = 100  # examples an update
    config.train.optimizer = "adam"  # adam or sgd
    config.train.learning_rate = 1e-3
    config.train.b1 = 0.9  # Adam's first decay; the momentum of sgd
    config.train.b2 = 0.999
    config.train.clip = placeholder(float)  # largest global gradient norm; None: no clipping
    config.train.decay_rate = 1.0  # factor of the learning rate every decay_steps updates
    config.train.decay_steps = 1
    config.train.warmup = 0  # updates over which beta rises to its value
    config.train.ema_decay = 0.0  # of the moving average of the weights; 0: none
    config.train.samples = 1  # draws of z an update
    config.train.objective = "lagrangian"  # or total_correlation: beta weighs that of z instead of the rate
    config.train.u = (
        "linear"  # the rate is weighed as beta * u(rate): linear, power R^(1 + a), exponential exp(a R) / a
    )
    config.train.a = 1.0  # of u

    config.evaluate = ConfigDict()
    config.evaluate.measurements = 20  # log-spaced steps at which the sweep is measured, 0 and the last included
    config.evaluate.samples = 12  # draws of z averaged
    config.evaluate.train_examples = placeholder(int)  # measure on the first examples of the training split only

    config.plane = ConfigDict()
    config.plane.estimators = ()  # names of ESTIMATORS in vib/evaluation/plane.py; (): no information plane
    config.plane.inputs = "test"  # measure on train, test or all examples
    config.plane.examples = placeholder(int)  # on so many of them, evenly spaced; default all
    config.plane.bins = 30  # of every unit
    config.plane.width = 0.07  # of a bin of binned_width
    config.plane.noise_variance = 1e-3  # that kde adds
    config.plane.k = 3  # neighbours of ross and ksg
    config.plane.draws = 8  # of the noise inside a network, for noisy
    config.plane.gradient_batches = 20  # minibatches that drift and diffusion of the weights are measured on
    config.plane.seeds = placeholder(int)  # estimators other than binned measure the first of the seeds only
    config.plane.every = 1  # and at every so many-th measurement

    config.checkpoint = ConfigDict()
    config.checkpoint.every = 1000  # updates

    return config
