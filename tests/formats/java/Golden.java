import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.kstream.internals.*;

/** Prints what Java's serializers write, a line each: type, value, bytes in hex. How: the top of ../tests/golden.rs. */
public final class Golden {
    static <T> void put(String type, Serializer<T> serializer, T value, String text) {
        byte[] bytes = serializer.serialize("topic", new RecordHeaders(), value);
        String hex = bytes == null ? "null" : HexFormat.of().formatHex(bytes);
        System.out.println(type + "\t" + text + "\t" + hex);
    }

    static <T> void all(String type, Serializer<T> serializer, List<T> values) {
        for (T value : values) put(type, serializer, value, String.valueOf(value));
    }

    public static void main(String[] args) {
        all("i64", new LongSerializer(), List.of(0L, 1L, -1L, 1234567890123L, Long.MIN_VALUE, Long.MAX_VALUE));
        all("i32", new IntegerSerializer(), List.of(0, 1, -1, 1234567, Integer.MIN_VALUE, Integer.MAX_VALUE));
        all("i16", new ShortSerializer(), List.of((short) 0, (short) 1, (short) -1, (short) 12345, Short.MIN_VALUE, Short.MAX_VALUE));
        List<Float> floats = List.of(0f, -0f, 1.5f, -2.25f, Float.MIN_VALUE, Float.MAX_VALUE, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN);
        for (Float f : floats) put("f32", new FloatSerializer(), f, Integer.toString(Float.floatToRawIntBits(f)));
        List<Double> doubles = List.of(0d, -0d, 1.5d, -2.25d, Double.MIN_VALUE, Double.MAX_VALUE, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN);
        for (Double d : doubles) put("f64", new DoubleSerializer(), d, Long.toString(Double.doubleToRawLongBits(d)));
        all("bool", new BooleanSerializer(), List.of(true, false));
        all("String", new StringSerializer(), List.of("", "a", "Zürich", "日本", "🦀"));
        all("Uuid", new UUIDSerializer(), List.of(new UUID(0, 0), UUID.fromString("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"), new UUID(-1, -1)));
        List<byte[]> bytes = List.of(new byte[0], new byte[] {0, 1, -1});
        for (byte[] b : bytes) put("Vec<u8>", new ByteArraySerializer(), b, HexFormat.of().formatHex(b));
        for (byte[] b : bytes) put("Vec<u8>", new BytesSerializer(), Bytes.wrap(b), HexFormat.of().formatHex(b));
        for (byte[] b : bytes) put("Vec<u8>", new ByteBufferSerializer(), ByteBuffer.wrap(b), HexFormat.of().formatHex(b));
        // What is null is null in every format: there are no bytes of it.
        put("null", new LongSerializer(), null, "Long");
        put("null", new StringSerializer(), null, "String");
        put("null", new UUIDSerializer(), null, "UUID");
        put("null", new VoidSerializer(), null, "Void");
        put("list i64", new ListSerializer<>(new LongSerializer()), List.of(1L, -1L), "1,-1");
        put("list i64", new ListSerializer<>(new LongSerializer()), List.of(), "");
        put("list i16", new ListSerializer<>(new ShortSerializer()), List.of((short) 1, (short) 2, (short) 3), "1,2,3");
        put("list String", new ListSerializer<>(new StringSerializer()), List.of("a", "", "日本"), "a,,日本");
        put("list Uuid", new ListSerializer<>(new UUIDSerializer()), List.of(new UUID(1, 2)), new UUID(1, 2).toString());
        put("list bool", new ListSerializer<>(new BooleanSerializer()), List.of(true, false), "true,false");
        put("list null", new ListSerializer<>(new LongSerializer()), Arrays.asList(1L, null), "1,null");
        put("list null", new ListSerializer<>(new StringSerializer()), Arrays.asList("a", null), "a,null");
        for (long[] w : new long[][] {{0, 10}, {1500, 61500}, {Long.MAX_VALUE - 1, Long.MAX_VALUE}})
            put("windowed String", new TimeWindowedSerializer<>(new StringSerializer()), new Windowed<>("ann", new TimeWindow(w[0], w[1])), "ann " + w[0] + " " + w[1]);
        put("windowed i64", new TimeWindowedSerializer<>(new LongSerializer()), new Windowed<>(7L, new TimeWindow(300000, 600000)), "7 300000 600000");
        for (long[] w : new long[][] {{0, 0}, {10, 25}, {1500, 61500}})
            put("session String", new SessionWindowedSerializer<>(new StringSerializer()), new Windowed<>("ann", new SessionWindow(w[0], w[1])), "ann " + w[0] + " " + w[1]);
        ChangedSerializer<String> changed = new ChangedSerializer<>(new StringSerializer());
        changed.configure(Map.of(), false);
        put("change String", (Serializer<Change<String>>) (Serializer) changed, new Change<>("new", null), "new,");
        put("change String", (Serializer<Change<String>>) (Serializer) changed, new Change<>(null, "old"), ",old");
        put("change String", (Serializer<Change<String>>) (Serializer) changed, new Change<>("new", "old"), "new,old");
        put("change String", (Serializer<Change<String>>) (Serializer) changed, new Change<>("n".repeat(200), "old"), "n".repeat(200) + ",old");
    }
}
