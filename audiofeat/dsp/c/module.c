/* The Python module audiofeat.dsp._lanes: spectra of many frames at once (spectra.h), and decibels. */
#include "lanes.h"

#include <float.h>

#define LANES 16
#define EACH_LANE UNCONNECTED for (int l = 0; l < LANES; l++)

/* The largest of n numbers; not finite if one of them is not. */
INLINED float largest_of(const float *values, size n) {
    float most = values[0], sum = 0;
    size i = 0;
    if (n >= LANES) {
        float largest[LANES], sums[LANES] = {0};
        memcpy(largest, values, sizeof largest);
        for (; i + LANES <= n; i += LANES) {
            const float *x = values + i;
            /* Nothing finite times 0 is 0. */
            EACH_LANE { largest[l] = x[l] > largest[l] ? x[l] : largest[l], sums[l] += 0 * x[l]; }
        }
        for (int l = 0; l < LANES; l++) most = largest[l] > most ? largest[l] : most, sum += sums[l];
    }
    for (; i < n; i++) most = values[i] > most ? values[i] : most, sum += 0 * values[i];
    return most + sum;
}

/* Ten times the decimal logarithms of n numbers, or of the floor where they lie under it: normal, positive and finite. */
INLINED void to_decibels(const float *power, size n, float floor, float *out) {
    /* 10 log10(1 + f) / f between the roots of 1/2 and 2, within 3e-8 of it: fitted by weighted least squares until the
       largest error no longer fell. */
    const float c0 = 4.34294471f, c1 = -2.17147189f, c2 = 1.44768529f, c3 = -1.08582628f, c4 = 0.86671427f;
    const float c5 = -0.719295574f, c6 = 0.649368659f, c7 = -0.623944178f, c8 = 0.378807316f;
    const float octave = 3.01029995663981195f;
    UNCONNECTED for (size i = 0; i < n; i++) {
        float x = power[i] > floor ? power[i] : floor, f;
        int32_t bits;
        memcpy(&bits, &x, sizeof bits);
        /* Powers of two, counted from the root of 1/2. */
        int32_t exponent = (bits - 0x3f3504f3) >> 23;
        bits -= exponent * (1 << 23);
        memcpy(&f, &bits, sizeof f);
        f -= 1;
        float q = c8 * f + c7;
        q = q * f + c6, q = q * f + c5, q = q * f + c4, q = q * f + c3, q = q * f + c2, q = q * f + c1, q = q * f + c0;
        out[i] = (float)exponent * octave + q * f;
    }
}

static float largest_anywhere(const float *x, size n) { return largest_of(x, n); }
static void decibels_anywhere(const float *x, size n, float floor, float *out) { to_decibels(x, n, floor, out); }
#ifdef CHOSEN_BY_PROCESSOR
FOR_AVX2 float largest_avx2(const float *x, size n) { return largest_of(x, n); }
FOR_AVX2 void decibels_avx2(const float *x, size n, float floor, float *out) { to_decibels(x, n, floor, out); }
FOR_AVX512 float largest_avx512(const float *x, size n) { return largest_of(x, n); }
FOR_AVX512 void decibels_avx512(const float *x, size n, float floor, float *out) { to_decibels(x, n, floor, out); }
#endif

static const struct {
    const char *name;
    float (*largest)(const float *, size);
    void (*decibels)(const float *, size, float, float *);
} ways[N_WAYS] = {
#ifdef CHOSEN_BY_PROCESSOR
    {"avx512", largest_avx512, decibels_avx512},
    {"avx2", largest_avx2, decibels_avx2},
#endif
    {"baseline", largest_anywhere, decibels_anywhere},
};
static int fastest, chosen;

/* The fastest way that this processor has is the first one it can go. */
static void look_at_processor(void) {
#ifdef CHOSEN_BY_PROCESSOR
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                 __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
    fastest = avx512 ? 0 : avx2 ? 1 : 2;
#endif
    chosen = fastest;
}

/* Raised by what is called wrongly, which audiofeat.dsp.lanes does not do. */
static int refuse(void) {
    PyErr_SetString(PyExc_ValueError, "The arrays do not fit each other; see audiofeat.dsp.lanes.");
    return 0;
}

/* Whether so many bytes are `rows` times `columns` numbers; asked so that nothing overflows. */
static int holds(size length, size rows, size columns, size bytes) {
    return rows && columns ? length % bytes == 0 && length / bytes % rows == 0 && length / bytes / rows == columns : !length;
}

/* Whether the framing, and what the transform needs to know, fit each other. */
static int framing_fits(const Job *job, const Precision *precision, size order, size twiddles, size scratch) {
    const size limit = PY_SSIZE_T_MAX / 4;
    if (job->n_fft < 1 || job->n_fft > 1 << 20 || job->hop < 1 || job->n_frames < 0 || !job->n_factors) return 0;
    if (job->start > limit || job->start < -limit || job->hop > limit / 64 || job->n_frames > limit / job->hop - 32) return 0;
    size points = 1, needed = job->n_fft / 2 + 2;
    for (size i = 0; i < job->n_factors; i++) {
        size radix = job->factors[i];
        if (i ? radix < 3 || radix > 5 : radix != 4 && radix != 8) return 0;
        if (i) needed += 2 * points * (radix - 1);
        points *= radix;
        if (points > job->n_fft) return 0;
    }
    size groups = points / job->factors[0];
    if (2 * points != job->n_fft || order < groups || twiddles < needed) return 0;
    for (size i = 0; i < groups; i++)
        if (job->order[i] < 0 || job->order[i] >= groups) return 0;
    return scratch >= precision->scratch_size(job->n_fft, job->hop);
}

/* Take a filter bank, (edges, weights, out), and count the buffers that have to be given back. */
static int take_bank(PyObject *item, const Job *job, size bytes, Bank *bank, Py_buffer *buffers, size *n_buffers) {
    if (!PyTuple_Check(item) || PyTuple_Size(item) != 3) return refuse();
    for (int i = 0; i < 3; i++) {
        int flags = PyBUF_C_CONTIGUOUS | (i == 2 ? PyBUF_WRITABLE : 0);
        if (PyObject_GetBuffer(PyTuple_GetItem(item, i), &buffers[i], flags)) return 0;
        ++*n_buffers;
    }
    size n_bins = job->n_fft / 2 + 1, n_weights = buffers[1].len / bytes;
    bank->edges = buffers[0].buf, bank->weights = buffers[1].buf, bank->out = buffers[2].buf;
    bank->n_filters = buffers[0].len / (2 * (size)sizeof(int32_t));
    if (!holds(buffers[2].len, bank->n_filters, job->n_frames, bytes)) return refuse();
    for (size i = 0; i < bank->n_filters; i++) {
        size bin = bank->edges[2 * i], stop = bank->edges[2 * i + 1];
        if (bin < 0 || stop < bin || stop > n_bins || (n_weights -= stop - bin) < 0) return refuse();
    }
    return 1;
}

static int compute(Job *job, const Precision *precision, PyObject *power, PyObject *list) {
    Bank *banks = PyMem_Malloc((job->n_banks + 1) * sizeof(Bank));
    Py_buffer *buffers = PyMem_Malloc((3 * job->n_banks + 1) * sizeof(Py_buffer));
    size n_buffers = 0;
    int fits = banks && buffers;
    if (!fits) PyErr_NoMemory();
    if (fits && power != Py_None) {
        fits = !PyObject_GetBuffer(power, &buffers[0], PyBUF_WRITABLE | PyBUF_C_CONTIGUOUS);
        if (fits) {
            job->power = buffers[n_buffers++].buf;
            if (!holds(buffers[0].len, job->n_fft / 2 + 1, job->n_frames, precision->bytes)) fits = refuse();
        }
    }
    for (size b = 0; fits && b < job->n_banks; b++)
        fits = take_bank(PyTuple_GetItem(list, b), job, precision->bytes, &banks[b], &buffers[n_buffers], &n_buffers);
    if (fits) {
        job->banks = banks;
        void (*work)(const Job *) = precision->work[chosen];
        Py_BEGIN_ALLOW_THREADS
        work(job);
        Py_END_ALLOW_THREADS
    }
    while (n_buffers) PyBuffer_Release(&buffers[--n_buffers]);
    PyMem_Free(banks), PyMem_Free(buffers);
    return fits;
}

static PyObject *spectra(PyObject *self, PyObject *args) {
    Py_buffer samples, window, order, factors, twiddles, scratch;
    Job job;
    PyObject *power, *list;
    int is_double;
    if (!PyArg_ParseTuple(args, "py*nnny*y*y*y*w*OO!", &is_double, &samples, &job.start, &job.hop, &job.n_frames, &window,
                          &order, &factors, &twiddles, &scratch, &power, &PyTuple_Type, &list))
        return NULL;
    const Precision *precision = is_double ? &double_precision : &single_precision;
    job.samples = samples.buf, job.n_samples = samples.len / precision->bytes;
    job.window = window.buf, job.n_fft = window.len / precision->bytes;
    job.order = order.buf, job.factors = factors.buf, job.n_factors = factors.len / (size)sizeof(int32_t);
    job.twiddles = twiddles.buf, job.scratch = scratch.buf, job.power = NULL;
    job.banks = NULL, job.n_banks = PyTuple_Size(list);
    /* Nothing is read or written outside what was given. */
    int fits = framing_fits(&job, precision, order.len / (size)sizeof(int32_t), twiddles.len / precision->bytes,
                            scratch.len / precision->bytes);
    fits = fits ? compute(&job, precision, power, list) : refuse();
    PyBuffer_Release(&samples), PyBuffer_Release(&window), PyBuffer_Release(&order), PyBuffer_Release(&factors);
    PyBuffer_Release(&twiddles), PyBuffer_Release(&scratch);
    if (!fits) return NULL;
    Py_RETURN_NONE;
}

static PyObject *decibels(PyObject *self, PyObject *args) {
    Py_buffer power, out;
    double floor, share;
    if (!PyArg_ParseTuple(args, "y*w*dd", &power, &out, &floor, &share)) return NULL;
    size n = power.len / (size)sizeof(float);
    int fits = n > 0 && out.len == power.len, way = chosen, done = 0;
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        float most = ways[way].largest(power.buf, n);
        double least = most * share;
        floor = least > floor ? least : floor;
        /* Infinities, what is not a number, and floors among the smallest numbers are left to others. */
        if (most <= FLT_MAX && floor >= FLT_MIN && floor <= FLT_MAX) {
            ways[way].decibels(power.buf, n, (float)floor, out.buf);
            done = 1;
        }
        Py_END_ALLOW_THREADS
    } else {
        refuse();
    }
    PyBuffer_Release(&power), PyBuffer_Release(&out);
    return fits ? PyBool_FromLong(done) : NULL;
}

static PyObject *scratch_size(PyObject *self, PyObject *args) {
    int is_double;
    size n_fft, hop;
    if (!PyArg_ParseTuple(args, "pnn", &is_double, &n_fft, &hop)) return NULL;
    if (n_fft < 1 || n_fft > 1 << 20 || hop < 1) {
        refuse();
        return NULL;
    }
    return PyLong_FromSsize_t((is_double ? &double_precision : &single_precision)->scratch_size(n_fft, hop));
}

static PyObject *names_of_ways(PyObject *self, PyObject *args) {
    PyObject *names = PyList_New(0);
    for (int i = fastest; names && i < N_WAYS; i++) {
        PyObject *name = PyUnicode_FromString(ways[i].name);
        if (!name || PyList_Append(names, name)) Py_CLEAR(names);
        Py_XDECREF(name);
    }
    return names;
}

static PyObject *choose(PyObject *self, PyObject *args) {
    const char *name;
    if (!PyArg_ParseTuple(args, "s", &name)) return NULL;
    for (int i = fastest; i < N_WAYS; i++)
        if (!strcmp(name, ways[i].name)) {
            chosen = i;
            Py_RETURN_NONE;
        }
    return PyErr_Format(PyExc_ValueError, "This processor has no %s.", name);
}

static PyMethodDef methods[] = {
    {"spectra", spectra, METH_VARARGS,
     "spectra(is_double, samples, start, hop, n_frames, window, order, factors, twiddles, scratch, power, banks)\n\n"
     "Compute the power spectra of frames, and products of filter banks with them, into arrays that are given."},
    {"scratch_size", scratch_size, METH_VARARGS,
     "scratch_size(is_double, n_fft, hop)\n\nHow many numbers `spectra` needs to work in."},
    {"decibels", decibels, METH_VARARGS,
     "decibels(power, out, floor, share)\n\nDecibels of powers, floored at `floor` or at a share of the largest, whichever is "
     "higher. False if it cannot be done here."},
    {"ways", names_of_ways, METH_NOARGS,
     "ways()\n\nNames of the instructions that this processor has and the code was compiled for, fastest first."},
    {"choose", choose, METH_VARARGS, "choose(name)\n\nUse others than the fastest, for tests."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_lanes",
    .m_doc = "Spectra of many frames at once; see audiofeat.dsp.lanes.",
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__lanes(void) {
    look_at_processor();
    PyObject *made = PyModule_Create(&module);
    /* Raised with every change of what audiofeat.dsp.lanes calls, so that it does not call what was compiled before. */
    if (made && PyModule_AddIntConstant(made, "interface", 1)) Py_CLEAR(made);
#ifdef Py_GIL_DISABLED
    if (made) PyUnstable_Module_SetGIL(made, Py_MOD_GIL_NOT_USED);
#endif
    return made;
}
