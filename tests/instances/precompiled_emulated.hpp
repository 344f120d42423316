// SPDX-License-Identifier: Apache-2.0
/// \file
/// Precompiled for test programs whose device code is emulated.
#pragma once

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <catch2/catch.hpp>

#include <coco/cuda/cuda.cuh>
#include <coco/nn/parameters.hpp>
