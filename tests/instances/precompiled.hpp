// SPDX-License-Identifier: Apache-2.0
/// \file
/// Precompiled for the host's test programs: what nearly every unit includes, so that it is parsed once.
#pragma once

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <coco/nn/parameters.hpp>

#include "instances/host.hpp"
