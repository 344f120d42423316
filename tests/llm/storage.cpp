// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/llm/random_source.hpp>
#include <coco/llm/storage.hpp>
#include <coco/nn/parameters.hpp>

#include "conformance/numbers.hpp"
#include "conformance/policy_under_test.hpp"
#include "conformance/stored.hpp"
#include "llm/support.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;
using llm::storage::AsStored;
using llm::storage::BFloat16;
using llm::storage::Float;

static_assert(llm::Storage<Float> && llm::Storage<BFloat16> && llm::Storage<AsStored> &&
              llm::Storage<llm::storage::Configured>);

namespace {

/// Two tensors of a source, of different types.
struct TwoParts {
    static constexpr Index upper = 70, lower = 45, in = 64, rows = 9;
    std::vector<std::byte> first = conformance::random_blocks(GgmlType::Q4_1, upper*in / 32, 1),
                           second = conformance::random_blocks(GgmlType::BF16, lower*in, 2);

    llm::Source source() const {
        llm::Source s{{}, {}, {}, {}};
        s.type = [](std::string_view name) { return name == "a" ? GgmlType::Q4_1 : GgmlType::BF16; };
        s.bytes = [this](std::string_view name, Index, Index, Index, std::span<std::byte> out) {
            const auto& from = name == "a" ? first : second;
            std::copy(from.begin(), from.end(), out.begin());
        };
        s.read = [this](std::string_view name, Index, Index, Index, std::span<float> out) {
            const auto& from = name == "a" ? first : second;
            ggml::decode_of(name == "a" ? GgmlType::Q4_1 : GgmlType::BF16)(
                reinterpret_cast<const std::uint8_t*>(from.data()), static_cast<Index>(out.size()),
                out.data());
        };
        return s;
    }
    /// The values of both tensors, stacked by rows; rounded to bfloat16 if `narrow`.
    std::vector<double> values(bool narrow) const {
        std::vector<float> all((upper + lower) * in);
        source().read("a", upper, in, 0, std::span(all).first(upper * in));
        source().read("b", lower, in, 0, std::span(all).subspan(upper * in));
        if (narrow)
            for (float& x : all) x = bfloat_to_float(float_to_bfloat(x));
        return {all.begin(), all.end()};
    }
};

}  // namespace

TEMPLATE_TEST_CASE("storage: products and rows equal those of the original tensors", "[storage]", Float,
                   BFloat16, AsStored) {
    const TwoParts two;
    constexpr Index out = TwoParts::upper + TwoParts::lower, in = TwoParts::in, rows = TwoParts::rows;
    P on = conformance::policy<P>(2);
    ParameterLayout layout;
    const auto matrix = TestType::claim(layout, two.source(), "w", {{"a", two.upper}, {"b", two.lower}}, in);
    const auto table = TestType::claim(layout, two.source(), "t", {{"a", two.upper}}, in);
    const Parameters<P> parameters(on, layout, 1);
    Workspace<P> work(on);
    Context<P> ctx = parameters.context(on, work);
    const conformance::Numbers x = conformance::normals(rows * in, 2),
                               dy = conformance::normals(rows * out, 3);
    const Rows<P> y = work.keep(rows, out), dx = work.keep(rows, in), some = work.keep(2, in);
    TestType::apply(ctx, conformance::uploaded(on, work, x, {rows, in}), matrix, y);
    TestType::apply(ctx, conformance::uploaded(on, work, x, {rows, in}), matrix, y, Write::add);
    TestType::apply_back(ctx, conformance::uploaded(on, work, dy, {rows, out}), matrix, dx);
    TestType::gather(ctx, table, conformance::ids(on, work, std::vector<Id>{69, 0}), some);
    CHECK(TestType::template gradient<P>(ctx, matrix).empty());

    const std::vector<double> w = two.values(std::is_same_v<TestType, BFloat16>);
    conformance::Numbers twice(rows * out, 0.0), back(rows * in, 0.0);
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t o = 0; o < out; ++o)
            for (std::size_t j = 0; j < in; ++j) {
                twice[i * out + o] += 2 * w[o * in + j] * x[i * in + j];
                back[i * in + j] += w[o * in + j] * dy[i * out + o];
            }
    CHECK(support::relative(conformance::downloaded<P>(on, y), twice) < 1e-14);
    CHECK(support::relative(conformance::downloaded<P>(on, dx), back) < 1e-14);
    conformance::Numbers picked(w.begin() + 69 * in, w.begin() + 70 * in);
    picked.insert(picked.end(), w.begin(), w.begin() + in);
    CHECK(conformance::downloaded<P>(on, some) == picked);
}

TEST_CASE("storage: Configured selects the storage that the configuration names", "[storage]") {
    const TwoParts two;
    constexpr Index size = TwoParts::upper + TwoParts::lower;
    using llm::Keep;
    for (const auto& [keep, bytes] : {std::pair(Keep::floats, size * 64 * 4),
                                      {Keep::bfloat16, size * 64 * 2},
                                      {Keep::as_stored, 70 * 40 + 45 * 128}}) {
        llm::Source source = two.source();
        source.config.keep = keep;
        ParameterLayout layout;
        const auto matrix = llm::storage::Configured::claim(layout, source, "w",
                                                            {{"a", two.upper}, {"b", two.lower}}, two.in);
        CHECK(matrix.precision == (keep == Keep::bfloat16 ? Precision::bfloat16 : Precision::full));
        Index found = 0;
        for (const StoredTensorRef& s : matrix.parts) found += s.bytes();
        CHECK(found == bytes);
        P on = conformance::policy<P>(1);
        const Parameters<P> parameters(on, layout, 1);
        Workspace<P> work(on);
        Context<P> ctx = parameters.context(on, work);
        const conformance::Numbers x = conformance::normals(7 * 64, 2);
        const Rows<P> y = work.keep(7, size);
        llm::storage::Configured::apply(ctx, conformance::uploaded(on, work, x, {7, 64}), matrix, y);
        const std::vector<double> w = two.values(keep == Keep::bfloat16);
        conformance::Numbers expected(7 * size, 0.0);
        for (std::size_t i = 0; i < 7; ++i)
            for (std::size_t o = 0; o < size; ++o)
                for (std::size_t j = 0; j < 64; ++j) expected[i * size + o] += w[o * 64 + j] * x[i * 64 + j];
        CHECK(support::relative(conformance::downloaded<P>(on, y), expected) < 1e-14);
    }
}

TEST_CASE("storage: AsStored takes the file's bytes, BFloat16 two bytes per weight") {
    const TwoParts two;
    const Index values = (TwoParts::upper + TwoParts::lower) * TwoParts::in;
    ParameterLayout stored, narrow;
    AsStored::claim(stored, two.source(), "w", {{"a", two.upper}, {"b", two.lower}}, two.in);
    BFloat16::claim(narrow, two.source(), "w", {{"a", two.upper}, {"b", two.lower}}, two.in);
    CHECK(stored.stored_bytes() == (70 * 2 * 20 + 63) / 64 * 64 + (45 * 64 * 2 + 63) / 64 * 64);
    CHECK(narrow.stored_bytes() == (values * 2 + 63) / 64 * 64);
    CHECK_THROWS_AS(AsStored::claim(stored, two.source(), "w", {{"a", two.upper}, {"b", two.lower}}, two.in),
                    Error);
}

TEMPLATE_TEST_CASE("storage: a decoder's rows and gradients do not depend on it except by rounding",
                   "[storage]", BFloat16, AsStored) {
    llm::Config config = support::small_config();
    config.qkv_bias = true;
    const llm::Source source = llm::random_source(config, 5);
    llm::Source rounded = source;
    if (std::is_same_v<TestType, BFloat16>)
        rounded.read = [source](std::string_view name, Index rows, Index cols, Index first,
                                std::span<float> out) {
            source.read(name, rows, cols, first, out);
            if (!name.ends_with("norm.weight") && !name.ends_with("bias"))
                for (float& x : out) x = bfloat_to_float(float_to_bfloat(x));
        };
    const support::Prompts prompts = support::ragged();
    const conformance::Numbers soft = conformance::normals(prompts.soft_rows() * 16, 3),
                               dout = conformance::normals(prompts.rows() * 16, 4);
    support::Bench<P> plain(rounded);
    support::Bench<P, adapter::LoRA, TestType> stored(source);
    const support::Outcome a = plain.both(prompts, soft, dout), b = stored.both(prompts, soft, dout);
    CHECK(support::relative(b.out, a.out) < 1e-13);
    CHECK(support::relative(b.dsoft, a.dsoft) < 1e-13);
    CHECK(support::relative(b.dadapter, a.dadapter) < 1e-13);
}
