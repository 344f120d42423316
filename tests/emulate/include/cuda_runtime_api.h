// SPDX-License-Identifier: Apache-2.0
/// \file
/// Replaces the CUDA toolkit's header of the same name.
#pragma once

#include <cuda_runtime.h>
