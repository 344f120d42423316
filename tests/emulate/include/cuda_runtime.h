// SPDX-License-Identifier: Apache-2.0
/// \file
/// Replaces the CUDA toolkit's header of the same name: the runtime and the language of device code, emulated
/// on the host.
#pragma once

#include <emulate/allocate.hpp>
#include <emulate/atomic.hpp>
#include <emulate/copy.hpp>
#include <emulate/device.hpp>
#include <emulate/error.hpp>
#include <emulate/event.hpp>
#include <emulate/graph.hpp>
#include <emulate/language.hpp>
#include <emulate/launch.hpp>
#include <emulate/math.hpp>
#include <emulate/memory.hpp>
#include <emulate/stream.hpp>
#include <emulate/together.hpp>
