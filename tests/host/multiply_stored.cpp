// SPDX-License-Identifier: Apache-2.0
// Products with stored matrices against the triple loop over decoded values, bit-identical for any number of
// threads.
#include <catch2/catch.hpp>

#include <coco/host/host.hpp>

#include "conformance/stored.hpp"

using namespace coco;

TEMPLATE_TEST_CASE("multiply_stored: equals the triple loop, bit-identical for any number of threads",
                   "[stored][threads]", float, double) {
    BasicHost<TestType> one(1), three(3);
    conformance::stored_trials([&](const std::string& name, const conformance::StoredTrial& trial) {
        INFO(name);
        const conformance::Numbers found = trial.run(three);
        CHECK(conformance::relative(found, trial.naive(false)) <
              (std::is_same_v<TestType, float> ? 2e-6 : 1e-14));
        CHECK(found == trial.run(one));
    });
}

TEST_CASE("multiply_stored: in bfloat16 only x is rounded", "[stored][threads]") {
    Host one(1), three(3);
    const bool narrow = host::bfloat::available();
    WARN("bfloat16 products " << (narrow ? "by the processor" : "in float: the processor has none"));
    conformance::bfloat_trials([&](const std::string& name, const conformance::StoredTrial& trial) {
        INFO(name);
        const conformance::Numbers found = trial.run(three);
        CHECK(conformance::relative(found, trial.naive(narrow)) < 2e-6);
        CHECK(found == trial.run(one));
    });
}

TEMPLATE_TEST_CASE("gather_stored: rows equal the decoded ones", "[stored]", float, double) {
    BasicHost<TestType> on(2);
    for (const GgmlType type : conformance::stored_types) {
        const Index values = layout_of(type)->values, cols = 2 * values, rows = 5;
        const std::vector<std::byte> bytes = conformance::random_blocks(type, rows * 2, 3);
        std::vector<float> decoded(static_cast<std::size_t>(rows * cols));
        ggml::decode_of(type)(reinterpret_cast<const std::uint8_t*>(bytes.data()), rows * cols,
                              decoded.data());
        const std::vector<Id> id{4, 0, 4, 2};
        std::vector<TestType> out(id.size() * static_cast<std::size_t>(cols));
        on.gather_stored({type, bytes.data(), rows, cols}, {id.data(), 4}, {out.data(), 4, cols});
        for (std::size_t i = 0; i < id.size(); ++i)
            for (Index j = 0; j < cols; ++j)
                CHECK(out[i * static_cast<std::size_t>(cols) + static_cast<std::size_t>(j)] ==
                      static_cast<TestType>(decoded[static_cast<std::size_t>(id[i] * cols + j)]));
    }
}
