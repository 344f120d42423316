// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/host/host.hpp>
#include <iostream>

#include "conformance/allocations.hpp"
#include "llm/support.hpp"

using namespace support;
using P = coco::Host;

namespace {

/// Groups whose numbers live as long as the test.
struct Held {
    std::vector<Id> instruction{3, 1, 4}, token{1, 5, 9, 2, 6, 5}, soft_of{0, 2, 2, 5}, text_of{0, 4, 6, 6};
    std::vector<float> soft = std::vector<float>(5 * 16, 0.3f);

    coco::llm::Prompted<P> prompted() const {
        const auto ids = [](const std::vector<Id>& v) {
            return coco::Ids<P>{v.data(), static_cast<Index>(v.size())};
        };
        coco::llm::Prompted<P> in;
        in.soft = {soft.data(), 5, 16};
        in.soft_of = {soft_of, ids(soft_of), 3};
        in.token = ids(token);
        in.text_of = {text_of, ids(text_of), 4};
        in.instruction = ids(instruction);
        return in;
    }
};

}  // namespace

TEST_CASE("decoder: a step allocates nothing after the first, layers saved or recomputed") {
    if constexpr (!coco::conformance::Allocations::counted) {
        std::cout << "SKIPPED: allocations are not counted under this sanitizer or C library\n";
    } else {
        const Held held;
        for (const double keep_bytes : {1e9, 0.0}) {
            coco::llm::Config config = small_config();
            config.keep_bytes = keep_bytes;
            Bench<P> bench(coco::llm::random_source(config, 5), {}, true, 2);
            std::vector<float> dsoft(5 * 16);
            const auto step = [&](std::span<const std::uint8_t> open) {
                bench.work.reset();
                bench.gradients.zero(bench.on);
                coco::Context<P> ctx = bench.pass();
                const auto saved = bench.decoder.forward(ctx, bench.adapter, held.prompted());
                bench.decoder.backward(ctx, bench.adapter, saved, coco::CRows<P>(saved.out),
                                       coco::Rows<P>{dsoft.data(), 5, 16}, open);
            };
            const std::vector<std::uint8_t> all{1, 1, 1}, some{0, 1, 1}, none{0, 0, 0};
            // Repeated: the second step merges the blocks of the first into one, and threads allocate their
            // scratch memory.
            for (int i = 0; i < 5; ++i) step(all), step(some);
            const coco::conformance::Allocations taken;
            step(all);
            step(some);
            step(none);
            CHECK(taken.count() == 0);
        }
    }
}
