/* Spectra in single precision; a row is a cache line. */
#define REAL float
#define LANES 16
#define PRECISION single_precision
#include "spectra.h"
