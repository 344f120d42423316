// SPDX-License-Identifier: Apache-2.0
// LazyAdam against its law written out, and against AdamW where every row is touched.
#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include <coco/host/host.hpp>
#include <coco/train/lazy_adam.hpp>

#include "conformance/optimizer.hpp"

using namespace coco;
using P = BasicHost<double>;

TEST_CASE("LazyAdam conforms", "[lazy_adam]") { conformance::optimizer<LazyAdam>({.decay = 0.1}); }

TEST_CASE("LazyAdam: touched rows equal the algorithm, others keep every bit", "[lazy_adam]") {
    P on(1);
    constexpr Index items = 9, width = 3;
    ParameterLayout layout;
    const TensorRef table =
        layout.claim("item", items, width, Init::normal(1), Decay::no, ParameterBlock::table);
    Parameters<P> values(on, layout, 3);
    Gradients<P> gradients(on, layout);
    LazyAdam<P> optimizer(on, layout, {});
    TouchedRows<P> touched(layout);
    std::vector<double> x = values_of(on, values, table), m(x.size()), v(x.size());
    const std::vector<double> rates{1e-2};
    for (int step = 1; step <= 4; ++step) {
        std::vector<Id> rows;
        for (Id r = 0; r < items; ++r)
            if ((r + step) % 3 == 0) rows.push_back(r);
        std::vector<double> g(x.size());
        for (std::size_t i = 0; i < g.size(); ++i) g[i] = std::sin(static_cast<double>(i) * step + 1);
        on.upload(g.data(), gradients.block(ParameterBlock::table).list().from(0, items * width));
        touched.set(on, rows);
        touched.pack(on, TouchedRows<P>::gradients, gradients.block(ParameterBlock::table));
        const auto numbers = [&](auto& from) { return values_of<P>(on, CRows<P>(from.view(table))); };
        const auto all = [&] {
            return std::array{values_of(on, values, table), numbers(optimizer.state(0)),
                              numbers(optimizer.state(1))};
        };
        const auto before = all();
        optimizer.step(on, {values, gradients, rates, nullptr, &touched});
        const auto now = all();
        for (const Id r : rows)
            for (std::size_t i = static_cast<std::size_t>(r) * 3; i < static_cast<std::size_t>(r) * 3 + 3;
                 ++i) {
                m[i] = 0.9 * m[i] + 0.1 * g[i];
                v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
                x[i] -= 1e-2 * (m[i] / (1 - std::pow(0.9, step))) /
                        (std::sqrt(v[i] / (1 - std::pow(0.999, step))) + 1e-8);
            }
        for (std::size_t i = 0; i < x.size(); ++i) {
            CHECK(now[0][i] == Approx(x[i]).epsilon(1e-12));
            CHECK(now[1][i] == Approx(m[i]).epsilon(1e-12));
            CHECK(now[2][i] == Approx(v[i]).epsilon(1e-12));
            if ((static_cast<int>(i) / 3 + step) % 3 == 0) continue;
            for (std::size_t k = 0; k < 3; ++k) CHECK(now[k][i] == before[k][i]);
        }
        touched.clear(on, TouchedRows<P>::gradients, gradients.block(ParameterBlock::table));
        const std::vector<double> cleared = numbers(gradients);
        for (std::size_t i = 0; i < x.size(); ++i)
            CHECK((cleared[i] == 0) == ((static_cast<int>(i) / 3 + step) % 3 == 0));
    }
}

TEST_CASE("LazyAdam: with every row touched it is AdamW, bit by bit", "[lazy_adam]") {
    const conformance::OptimizerLayout layout;
    P on(1);
    Parameters<P> a(on, layout, 3), b(on, layout, 3);
    Gradients<P> gradients(on, layout);
    AdamW<P> adam(on, layout, {.decay = 0.1});
    LazyAdam<P> lazy(on, layout, {.decay = 0.1});
    TouchedRows<P> touched(layout);
    std::vector<Id> all(7);
    std::iota(all.begin(), all.end(), 0);
    const std::vector<double> rates(layout.groups().size(), 1e-2);
    for (int step = 1; step <= 3; ++step) {
        for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table}) {
            auto list = gradients.block(block).list();
            for (Index i = 0; i < list.size; ++i) list.data[i] = std::sin(static_cast<double>(i * step) + 1);
        }
        touched.set(on, all);
        touched.pack(on, TouchedRows<P>::gradients, gradients.block(ParameterBlock::table));
        adam.step(on, {a, gradients, rates});
        lazy.step(on, {b, gradients, rates, nullptr, &touched});
        for (const Tensor& t : layout.tensors()) CHECK(values_of(on, a, t.ref) == values_of(on, b, t.ref));
    }
}
