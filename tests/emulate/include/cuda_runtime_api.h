// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stands where the toolkit's header of this name would.
#pragma once

#include <cuda_runtime.h>
