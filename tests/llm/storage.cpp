// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/host/host.hpp>
#include <coco/llm/storage.hpp>
#include <coco/nn/parameters.hpp>

#include "laws/numbers.hpp"

using namespace coco;
using P = BasicHost<double>;

static_assert(llm::Storage<llm::storage::Float>);

TEST_CASE("storage: both products are those of the matrix that was given, however it lies") {
    constexpr Index rows = 70, in = 37, out = 45;
    P on(1);
    Layout layout;
    const laws::Numbers w = laws::normals(out * in, 1), x = laws::normals(rows * in, 2),
                        dy = laws::normals(rows * out, 3);
    std::vector<float> given(w.begin(), w.end());
    const Slot slot = llm::storage::Float::claim(layout, "w", out, in, [&](std::span<float> to) {
        std::copy(given.begin(), given.end(), to.begin());
    });
    const Parameters<P> parameters(on, layout, 1);
    Workspace<P> work(on);
    Run<P> run = parameters.run(on, work);
    const Rows<P> y = work.keep(rows, out), dx = work.keep(rows, in);
    llm::storage::Float::apply(run, laws::brought(on, work, x, {rows, in}), slot, y);
    llm::storage::Float::apply(run, laws::brought(on, work, x, {rows, in}), slot, y, Write::add);
    llm::storage::Float::apply_back(run, laws::brought(on, work, dy, {rows, out}), slot, dx);
    laws::Numbers twice(rows * out, 0.0), back(rows * in, 0.0);
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t o = 0; o < out; ++o)
            for (std::size_t j = 0; j < in; ++j) {
                const double v = static_cast<double>(given[o * in + j]);
                twice[i * out + o] += 2 * v * x[i * in + j];
                back[i * in + j] += v * dy[i * out + o];
            }
    CHECK(laws::distance(laws::fetched<P>(on, y), twice) < 1e-12);
    CHECK(laws::distance(laws::fetched<P>(on, dx), back) < 1e-12);
}
