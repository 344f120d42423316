// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <iostream>

#include <coco/core/random.hpp>
#include <coco/host/host.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/quantize/rq_vae.hpp>

#include "conformance/allocations.hpp"

using namespace coco;
using quantize::RqVae;

TEST_CASE("steps of an RQ-VAE allocate nothing after the first", "[rq_vae]") {
    if (!conformance::Allocations::counted) {
        std::cout << "SKIPPED: allocations are not counted in this build\n";
        return;
    }
    constexpr Index rows = 300, columns = 40;
    RqVae::Config config;
    config.hidden = {64, 48};
    config.codes = {32, 16};
    ParameterLayout layout;
    const RqVae model(layout, config, columns);
    for (const int threads : {1, 2}) {
        Host on(threads);
        Workspace<Host> work(on);
        const Parameters<Host> parameters(on, layout, 3);
        Gradients<Host> gradients(on, layout);
        RandomStream random(1);
        std::vector<float> x(rows * columns);
        for (float& v : x) v = static_cast<float>(random.normal());
        float losses[RqVae::terms] = {};
        const auto step = [&] {
            work.reset();
            Context<Host> ctx = parameters.context(on, work);
            gradients.attach(ctx);
            model.step(ctx, CRows<Host>(x.data(), rows, columns), losses);
        };
        for (int warm = 0; warm < 3; ++warm) step();
        const conformance::Allocations taken;
        for (int number = 0; number < 5; ++number) step();
        CHECK(taken.count() == 0);
    }
}
