// SPDX-License-Identifier: Apache-2.0
/// \file
/// Precompiled for test programs whose device code is emulated.
#pragma once

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <catch2/catch.hpp>

#include <coco/nn/parameters.hpp>

#include "instances/cuda.hpp"
