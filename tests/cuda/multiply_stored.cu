// SPDX-License-Identifier: Apache-2.0
// Stored matrices on the device: decoded values bit-identical to the host's decoders, products against the
// triple loop over decoded values, and repeated runs bit-identical.
#include <catch2/catch.hpp>

#include <cstring>

#include <coco/cuda/cuda.cuh>

#include "conformance/stored.hpp"

using namespace coco;

TEST_CASE("decode: every value is bit-identical to the host's decoder", "[stored]") {
    for (const GgmlType type : conformance::stored_types) {
        const GgmlLayout& layout = *layout_of(type);
        INFO(layout.name);
        // Random bytes give all scales and quanta, NaN and infinities included.
        const Index blocks = 4000;
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(blocks * layout.bytes));
        RandomStream random(11);
        for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(random.below(256));
        std::vector<float> want(static_cast<std::size_t>(blocks * layout.values));
        ggml::decode_of(type)(bytes.data(), blocks * layout.values, want.data());
        Index wrong = 0;
        cuda::with_decoder(type, [&](auto known) {
            for (Index b = 0; b < blocks; ++b)
                for (Index j = 0; j < layout.values; ++j) {
                    const float value = cuda::Decoder<known.value>::at(bytes.data() + b * layout.bytes,
                                                                       static_cast<int>(j)),
                                expected = want[static_cast<std::size_t>(b * layout.values + j)];
                    // A NaN may have different bits.
                    wrong += std::isnan(expected) ? !std::isnan(value)
                                                  : std::memcmp(&value, &expected, sizeof(value)) != 0;
                }
        });
        CHECK(wrong == 0);
    }
    CHECK_THROWS_WITH(cuda::with_decoder(GgmlType{9}, [](auto) {}), Catch::Contains("Q8_1 is not decoded"));
}

TEMPLATE_TEST_CASE("multiply_stored: equals the triple loop, repeated runs are bit-identical", "[stored]",
                   float, double) {
    BasicCuda<TestType> on;
    conformance::stored_trials([&](const std::string& name, const conformance::StoredTrial& trial) {
        INFO(name);
        const conformance::Numbers found = trial.run(on);
        CHECK(conformance::relative(found, trial.naive(false)) <
              (std::is_same_v<TestType, float> ? 2e-6 : 1e-14));
        CHECK(found == trial.run(on));
    });
}

TEMPLATE_TEST_CASE("multiply_stored: in bfloat16 only x is rounded", "[stored]", math_mode::Exact,
                   math_mode::BFloat16) {
    BasicCuda<float, TestType> on;
    conformance::bfloat_trials([&](const std::string& name, const conformance::StoredTrial& trial) {
        INFO(name);
        const conformance::Numbers found = trial.run(on);
        CHECK(conformance::relative(found, trial.naive(true)) < 2e-6);
        CHECK(found == trial.run(on));
    });
}

TEST_CASE("multiply_stored: a matrix of several panels", "[stored]") {
    Cuda on;
    const Index rows = 3 * cuda::panel_values / 4096 / 2 + 5, cols = 4096;
    for (const Op op : {Op::transposed, Op::plain}) {
        const conformance::StoredTrial trial{GgmlType::Q8_0, 6, rows, cols, op, Write::add, Precision::full};
        CHECK(conformance::relative(trial.run(on), trial.naive(false)) < 5e-6);
    }
}

TEMPLATE_TEST_CASE("gather_stored: rows equal the decoded ones", "[stored]", float, double) {
    using P = BasicCuda<TestType>;
    P on;
    Workspace<P> work(on);
    for (const GgmlType type : conformance::stored_types) {
        INFO(layout_of(type)->name);
        const Index values = layout_of(type)->values, cols = 2 * values, rows = 5;
        const std::vector<std::byte> bytes = conformance::random_blocks(type, rows * 2, 3);
        std::vector<float> decoded(static_cast<std::size_t>(rows * cols));
        ggml::decode_of(type)(reinterpret_cast<const std::uint8_t*>(bytes.data()), rows * cols,
                              decoded.data());
        Block<std::byte, P> block(on, static_cast<Index>(bytes.size()));
        on.upload(bytes.data(), block.list());
        const std::vector<Id> id{4, 0, 4, 2};
        const Rows<P> out = work.keep(4, cols);
        on.gather_stored({type, block.data(), rows, cols}, on.upload(std::span<const Id>(id), work), out);
        const conformance::Numbers found = conformance::downloaded<P>(on, out);
        for (std::size_t i = 0; i < id.size(); ++i)
            for (Index j = 0; j < cols; ++j)
                CHECK(found[i * static_cast<std::size_t>(cols) + static_cast<std::size_t>(j)] ==
                      static_cast<double>(decoded[static_cast<std::size_t>(id[i] * cols + j)]));
        work.reset();
    }
}
